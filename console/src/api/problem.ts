// What the server said when it refused, RFC 9457, as an Error that a page shows in the server's own words.

/** A call that did not succeed. `status` 0: no answer came at all. */
export class Problem extends Error {
    readonly status: number;
    /** Machine-readable reason, `E_DENIED` for example; empty when the answer was no problem document. */
    readonly code: string;
    /** Seconds to wait before trying again, from Retry-After. */
    readonly retryAfterS: number | undefined;

    constructor(status: number, code: string, message: string, retryAfterS?: number) {
        super(message);
        this.name = "Problem";
        this.status = status;
        this.code = code;
        this.retryAfterS = retryAfterS;
    }
}

function text(value: unknown): string {
    return typeof value === "string" ? value.trim() : "";
}

/** First letter large, full stop at the end: the server's details are written as parts of a line. */
export function asSentence(detail: string): string {
    const first = detail.charAt(0).toUpperCase() + detail.slice(1);
    return /[.!?]$/.test(first) ? first : first + ".";
}

/** Read the problem out of an answer; never throws. */
export async function problemOf(response: Response): Promise<Problem> {
    let body: Record<string, unknown> = {};
    try {
        const parsed: unknown = await response.clone().json();
        if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
    } catch {
        // Not JSON: a proxy's page for example.
    }
    const said = text(body["detail"]) || text(body["title"]);
    const message = said ? asSentence(said) : `The server answered ${String(response.status)} without an explanation.`;
    const wait = Number(response.headers.get("Retry-After"));
    return new Problem(response.status, text(body["code"]), message, wait > 0 ? wait : undefined);
}

/** Any thrown thing as a Problem: a failed fetch becomes status 0. */
export function asProblem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof TypeError) return new Problem(0, "", "The server cannot be reached.");
    return new Problem(0, "", error instanceof Error ? error.message : "Something went wrong.");
}
