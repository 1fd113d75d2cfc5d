type Message = { kind: 'who' } | { kind: 'mine'; uploadIds: string[] } | { kind: 'left'; uploadIds: string[] };

/** For how long the other tabs may take to say what they send. */
const ANSWER_MS = 400;

/**
 * Who of this browser's tabs sends what. What another tab sends is not unfinished, and is not to be sent twice. Tabs of
 * a browser without channels know nothing of each other; then parts may be sent twice, which does no harm.
 */
export class Tabs {
  readonly #channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('segue.transfers');
  readonly #mine = new Set<string>();
  readonly #others = new Set<string>();
  readonly #onChange: () => void;

  /** `onChange`: another tab took an upload up, or left it. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => this.#hear(data));
    // Also of a page that comes back from the browser's cache: it then says so again.
    globalThis.addEventListener('pagehide', () => this.#say('left'));
    globalThis.addEventListener('pageshow', ({ persisted }) => persisted && this.#say('mine'));
  }

  /** Comes back when the others had time to answer. */
  async ask(): Promise<void> {
    if (!this.#channel) return;
    this.#channel.postMessage({ kind: 'who' } satisfies Message);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  }

  isOthers(uploadId: string): boolean {
    return this.#others.has(uploadId);
  }

  take(uploadId: string): void {
    if (this.#mine.has(uploadId)) return;
    this.#mine.add(uploadId);
    this.#channel?.postMessage({ kind: 'mine', uploadIds: [uploadId] } satisfies Message);
  }

  leave(uploadId: string): void {
    if (this.#mine.delete(uploadId)) {
      this.#channel?.postMessage({ kind: 'left', uploadIds: [uploadId] } satisfies Message);
    }
  }

  #say(kind: 'mine' | 'left'): void {
    if (this.#mine.size > 0) this.#channel?.postMessage({ kind, uploadIds: [...this.#mine] } satisfies Message);
  }

  #hear(message: Message): void {
    if (message.kind === 'who') {
      this.#say('mine');
      return;
    }
    for (const uploadId of message.uploadIds) {
      if (message.kind === 'mine') this.#others.add(uploadId);
      else this.#others.delete(uploadId);
    }
    this.#onChange();
  }
}
