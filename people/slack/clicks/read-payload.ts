// Reads Slack's message from the body of a signed request: JSON, or a form whose `payload` is JSON.

export type Payload =
  | { readonly kind: 'malformed' }
  /** Slack checks the URL when it is entered, and expects this text back. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'message'; readonly body: object };

export function readPayload(text: string, contentType: string | undefined): Payload {
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '');
  const body = isForm ? readForm(new URLSearchParams(text)) : parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { kind: 'malformed' };
  const { type, challenge } = body as Readonly<Record<string, unknown>>;
  if (type !== 'url_verification') return { kind: 'message', body };
  return typeof challenge === 'string' ? { kind: 'challenge', challenge } : { kind: 'malformed' };
}

/** A slash command or a certificate check is a form without a payload. */
function readForm(form: URLSearchParams): unknown {
  const payload = form.get('payload');
  if (payload !== null) return parse(payload);
  return form.has('command') || form.has('ssl_check') ? Object.fromEntries(form) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
