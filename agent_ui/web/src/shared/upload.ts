// Sends a form whose file may be large, tells how much has gone, and hands on the answer while it still comes.
import { csrfToken, type ErrorBody, errorOf } from "./api";

export interface Upload {
  /** The whole answer's text. Rejects with ApiError where the server refused, or could not be reached. */
  done: Promise<string>;
  stop(): void;
}

export interface Heard {
  sent(share: number): void; // 0..1
  text(soFar: string): void;
}

/** By XMLHttpRequest: fetch does not tell how much of a body has gone. */
export function upload(path: string, form: FormData, heard: Heard): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<string>((resolve, reject) => {
    request.open("POST", path);
    request.setRequestHeader("X-CSRF-Token", csrfToken() ?? "");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) heard.sent(event.loaded / event.total);
    };
    request.onprogress = () => {
      if (request.status === 200) heard.text(request.responseText);
    };
    request.onload = () => {
      if (request.status === 200) resolve(request.responseText);
      else
        reject(errorOf(request.status, bodyOf(request.responseText), Number(request.getResponseHeader("Retry-After"))));
    };
    request.onerror = () => reject(errorOf(0, { error: { code: "unreachable" } }));
    request.onabort = () => reject(errorOf(0, { error: { code: "stopped" } }));
    request.send(form);
  });
  return { done, stop: () => request.abort() };
}

function bodyOf(text: string): ErrorBody {
  try {
    return JSON.parse(text) as ErrorBody;
  } catch {
    return {};
  }
}
