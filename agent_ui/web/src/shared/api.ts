// The HTTP side of the server: JSON in, JSON out, the CSRF header on every change, errors with a code.
export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server could not be reached
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

let csrf: string | null = null;

export function setCsrf(token: string | null): void {
  csrf = token;
}

export function csrfToken(): string | null {
  return csrf;
}

export interface ErrorBody {
  error?: { code?: string; message?: string; field?: string };
}

async function toError(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  return errorOf(response.status, body, Number(response.headers.get("Retry-After")));
}

export function errorOf(status: number, body: ErrorBody, retryAfter = 0): ApiError {
  return new ApiError(
    status,
    body.error?.code ?? `http_${status}`,
    body.error?.message ?? "",
    body.error?.field ?? null,
    retryAfter > 0 ? retryAfter : null,
  );
}

export async function api<T>(method: "GET" | "POST" | "PUT" | "PATCH", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) throw await toError(response);
  return (response.status === 204 ? null : await response.json()) as T;
}
