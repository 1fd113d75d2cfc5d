import type { Upload } from '../api/client';
import type { Problem } from '../api/problem';
import type { Connection } from './connection';
import type { Send } from './deliver';
import type { Memory } from './memory';
import type { Limits } from './refusals';
import type { Server } from './server';
import type { Tabs } from './tabs';

/** What transfers need around them, so that tests can give another. */
export interface World {
  readonly server: Server;
  readonly transport: () => Promise<Send>;
  readonly connection: Pick<Connection, 'isUp' | 'check' | 'subscribe'>;
  readonly memory: Memory;
  readonly tabs: Pick<Tabs, 'ask' | 'isOthers' | 'take' | 'leave'>;
  readonly limits: () => Promise<Limits>;
  /** Who is logged in. */
  readonly userId: () => string | undefined;
  /** In milliseconds, from any beginning. */
  readonly now: () => number;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** What the server answered, for the library. */
  readonly onUpload: (upload: Upload) => void;
  readonly onDiscarded: (uploadId: string) => void;
  readonly onNotDiscarded: (filename: string, problem: Problem) => void;
}
