export interface User {
  id: string;
  email: string;
  created_at: string;
}

export interface Granted {
  access_token: string;
  expires_in_seconds: number;
  user: User;
}

/** What tabs tell each other. `at`: when it was so; of two that differ the later is right. */
export type Message =
  | { kind: 'granted'; granted: Granted; at: number }
  | { kind: 'out'; isExpired: boolean; at: number }
  /** Who has a token? */
  | { kind: 'asked' };

/** The other tabs of this browser, where it has a way to reach them. */
export class Tabs {
  readonly #channel: BroadcastChannel | undefined;

  constructor(onMessage: (message: Message) => void) {
    this.#channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('segue.session');
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = readMessage(data);
      if (message) onMessage(message);
    });
  }

  get areThere(): boolean {
    return this.#channel !== undefined;
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }
}

/** A tab may run another version of this page: what is not understood is passed over. */
export function readMessage(data: unknown): Message | undefined {
  if (!isRecord(data)) return undefined;
  if (data.kind === 'asked') return { kind: 'asked' };
  if (typeof data.at !== 'number') return undefined;
  if (data.kind === 'out') return { kind: 'out', isExpired: data.isExpired === true, at: data.at };
  if (data.kind === 'granted' && isGranted(data.granted))
    return { kind: 'granted', granted: data.granted, at: data.at };
  return undefined;
}

/** Whether that is a session: from a tab, or from a server that may as well be a proxy's page in between. */
export function isGranted(data: unknown): data is Granted {
  return (
    isRecord(data) &&
    typeof data.access_token === 'string' &&
    typeof data.expires_in_seconds === 'number' &&
    isRecord(data.user) &&
    typeof data.user.id === 'string' &&
    typeof data.user.email === 'string' &&
    typeof data.user.created_at === 'string'
  );
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}
