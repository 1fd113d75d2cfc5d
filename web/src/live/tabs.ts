import type { Upload } from '../api/client';

/** What the tabs of one browser tell each other. */
export type Message =
  | { kind: 'heard'; user: string; uploads: Upload[]; lastId: number | undefined; isGap: boolean }
  /** The leader has no stream just now. */
  | { kind: 'lost'; user: string }
  /** Somebody looks at the page again: is there a stream? */
  | { kind: 'check'; isForced: boolean }
  /** Where there are no locks: see `leadByBeats`. */
  | { kind: 'leads'; tab: string; isVisible: boolean }
  | { kind: 'asks' }
  | { kind: 'leaves' };

/** The other tabs of this browser. */
export interface Tabs {
  post: (message: Message) => void;
  subscribe: (listener: (message: Message) => void) => () => void;
  close: () => void;
}

const NAME = 'segue.live';

export function openTabs(): Tabs | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel(NAME);
  return {
    post: (message) => channel.postMessage(message),
    subscribe: (listener) => {
      const take = ({ data }: MessageEvent<Message>) => listener(data);
      channel.addEventListener('message', take);
      return () => channel.removeEventListener('message', take);
    },
    close: () => channel.close(),
  };
}
