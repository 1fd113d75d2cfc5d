import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** On a machine that is busy otherwise everything begins late. */
const PATIENCE_MS = 180_000;
const SAYS = 'segue is listening on http://';

/** A `segue serve` of our own, with a data directory of its own, on ports that were free. */
export class Server {
  readonly #process: ChildProcess;
  readonly #scratch: string;
  readonly port: number;

  private constructor(process: ChildProcess, scratch: string, port: number) {
    this.#process = process;
    this.#scratch = scratch;
    this.port = port;
  }

  static async start(...flags: string[]): Promise<Server> {
    const scratch = await mkdtemp(join(tmpdir(), 'segue-e2e-'));
    // On all addresses: a test opens the page by another one.
    const usual = ['--listen', '0.0.0.0:0', '--s3-listen', '0.0.0.0:0', '--data-dir', join(scratch, 'data')];
    const registration = flags.includes('--registration') ? [] : ['--registration', 'open'];
    const child = spawn(program(), ['serve', ...usual, ...registration, ...flags], {
      env: { PATH: '/usr/bin:/bin', TMPDIR: scratch, SEGUE_LOG: 'warn' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const line = await firstLine(child);
      if (!line.startsWith(SAYS)) throw new Error(`instead of where it listens, segue said ${JSON.stringify(line)}`);
      return new Server(child, scratch, Number(new URL(line.slice(SAYS.length - 'http://'.length)).port));
    } catch (thrown) {
      child.kill('SIGKILL');
      await rm(scratch, { recursive: true, force: true });
      throw thrown;
    }
  }

  get url(): string {
    return this.at('127.0.0.1');
  }

  at(host: string): string {
    return `http://${host}:${this.port}`;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS);
    const [code] = await ended;
    clearTimeout(timer);
    await rm(this.#scratch, { recursive: true, force: true });
    if (code !== 0) throw new Error(`segue ended with ${code}`);
  }
}

function program(): string {
  const built = ['../../target/debug/segue', '../../target/release/segue'].map((path) =>
    resolve(import.meta.dirname, path),
  );
  const found = process.env.SEGUE_BIN ?? built.find((path) => existsSync(path));
  if (!found) throw new Error('there is no segue: build it with `cargo build`, or name it in SEGUE_BIN');
  return found;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('segue has no output');
  const lines = createInterface({ input: child.stdout });
  const said = once(lines, 'line', { signal: AbortSignal.timeout(PATIENCE_MS) });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`segue ended with ${code} before it listened`);
  });
  const [line] = await Promise.race([said, failed]);
  // Nobody waits for it any more.
  failed.catch(() => undefined);
  return String(line);
}
