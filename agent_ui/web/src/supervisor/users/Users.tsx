// Who may log in: everybody of the tenant, with role, language and whether they are let in.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { languageName } from "../../shared/format/language";
import { t } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { me } from "../../shared/session";
import { Badge, Button, Empty, Panel } from "../../shared/ui";
import { useAsked } from "../compliance/asked";
import { Loading, TroubleBox } from "../compliance/pieces";
import { TextInput } from "../forms";
import { NewPassword, ShownPassword } from "./Passwords";
import { UserAdd, UserEdit } from "./UserForms";
import { matching, mayManage, type UserRecord } from "./users";

const SHOWN_AT_MOST = 200;

type Doing =
  | { what: "add" }
  | { what: "edit" | "password"; user: UserRecord }
  | { what: "shown"; name: string; password: string };

export function Users() {
  const asked = useAsked<{ users: UserRecord[] }>();
  const sought = useSignal("");
  const doing = useSignal<Doing | null>(null);
  const look = () => void asked.ask(() => api("GET", "/api/users"));
  useEffect(look, []);
  const close = () => {
    doing.value = null;
  };
  const done = (text: string, told?: { name: string; password: string | undefined }) => {
    toast("good", text);
    doing.value = told?.password ? { what: "shown", name: told.name, password: told.password } : null;
    look();
  };
  const add = (
    <Button
      icon="plus"
      onClick={() => {
        doing.value = { what: "add" };
      }}
      testid="user-add"
    >
      {t("users.add")}
    </Button>
  );
  const now = doing.value;
  return (
    <main class="compliance" data-testid="users">
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {asked.found.value && (
        <Panel title={t("view.users")} aside={add} testid="users-panel">
          <TextInput
            label={t("users.sought")}
            value={sought.value}
            onInput={(value) => {
              sought.value = value;
            }}
            testid="users-sought"
            tight
          />
          <Table
            users={matching(asked.found.value.users, sought.value)}
            onDo={(what, user) => {
              doing.value = { what, user };
            }}
          />
        </Panel>
      )}
      {now?.what === "add" && (
        <UserAdd
          onDone={(user) => done(t("users.added", { name: user.name }), { name: user.name, password: user.password })}
          onClose={close}
        />
      )}
      {now?.what === "edit" && (
        <UserEdit user={now.user} onDone={(user) => done(t("users.saved", { name: user.name }))} onClose={close} />
      )}
      {now?.what === "password" && (
        <NewPassword
          user={now.user}
          onDone={(password) =>
            done(t("users.password_set", { name: now.user.name }), { name: now.user.name, password })
          }
          onClose={close}
        />
      )}
      {now?.what === "shown" && <ShownPassword name={now.name} password={now.password} onClose={close} />}
    </main>
  );
}

function Table({ users, onDo }: { users: UserRecord[]; onDo: (what: "edit" | "password", user: UserRecord) => void }) {
  if (users.length === 0) return <Empty icon="user" title={t("users.none_found")} />;
  return (
    <>
      <div class="table-wrap">
        <table class="table ledger-table">
          <thead>
            <tr>
              <th scope="col">{t("users.name")}</th>
              <th scope="col">{t("users.login")}</th>
              <th scope="col">{t("users.role")}</th>
              <th scope="col">{t("users.language")}</th>
              <th scope="col">{t("users.state")}</th>
              <th scope="col">
                <span class="sr-only">{t("users.change")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {users.slice(0, SHOWN_AT_MOST).map((user) => (
              <Line key={user.id} user={user} onDo={(what) => onDo(what, user)} />
            ))}
          </tbody>
        </table>
      </div>
      {users.length > SHOWN_AT_MOST && <p class="muted">{t("agents.more", { n: users.length - SHOWN_AT_MOST })}</p>}
    </>
  );
}

function Line({ user, onDo }: { user: UserRecord; onDo: (what: "edit" | "password") => void }) {
  return (
    <tr data-testid={`user-${user.id}`}>
      <th scope="row">
        <bdi>{user.name}</bdi>
      </th>
      <td data-label={t("users.login")}>
        <bdi dir="ltr">{user.login}</bdi>
      </td>
      <td data-label={t("users.role")}>{t(`users.role_${user.role}`)}</td>
      <td data-label={t("users.language")}>{languageName(user.language)}</td>
      <td>
        {user.active ? (
          <Badge tone="good">{t("users.active")}</Badge>
        ) : (
          <Badge tone="bad" icon="ban">
            {t("users.locked_out")}
          </Badge>
        )}
      </td>
      <td>
        {mayManage(me.value?.user.role, user.role) ? (
          <span class="row row-together">
            <Button small onClick={() => onDo("edit")} testid={`user-${user.id}-edit`}>
              {t("users.change")}
            </Button>
            {!user.simulated && (
              <Button small variant="ghost" onClick={() => onDo("password")} testid={`user-${user.id}-password`}>
                {t("users.new_password")}
              </Button>
            )}
          </span>
        ) : (
          <span class="muted">{t("users.above")}</span>
        )}
      </td>
    </tr>
  );
}
