import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { components } from '../src/api/schema';

export type Upload = components['schemas']['Upload'];

const PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 200;

export interface Account {
  email: string;
  password: string;
  token: string;
}

let count = 0;

/** What a test needs of the API without a browser. */
export class Api {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** A user that nobody else has. */
  async account(name = 'user'): Promise<Account> {
    count += 1;
    const email = `${name}-${process.pid}-${count}-${Date.now()}@example.com`;
    const password = 'a password for the tests';
    const { access_token } = await this.#ask<{ access_token: string }>('POST', '/auth/register', { email, password });
    return { email, password, token: access_token };
  }

  /** Sends a file that goes in one request. */
  async upload({ token }: Account, path: string): Promise<string> {
    const file = await readFile(path);
    const reserve = { filename: basename(path), size: file.byteLength };
    const { upload, transfer } = await this.#ask<{
      upload: Upload;
      transfer: { kind: string; put: { url: string; method: string; headers: Record<string, string> } };
    }>('POST', '/uploads', reserve, token);
    if (transfer.kind !== 'single') throw new Error(`${path} is too large for a fixture`);
    const { url, method, headers } = transfer.put;
    const put = await fetch(url, { method, headers, body: new Uint8Array(file) });
    if (!put.ok) throw new Error(`the bucket answered ${put.status} to ${path}`);
    await this.#ask('POST', `/uploads/${upload.id}/complete`, undefined, token);
    return upload.id;
  }

  /** A row to which nothing was sent yet. */
  async reserve({ token }: Account, filename: string, size: number): Promise<string> {
    const { upload } = await this.#ask<{ upload: Upload }>('POST', '/uploads', { filename, size }, token);
    return upload.id;
  }

  async get({ token }: Account, id: string): Promise<Upload> {
    return this.#ask<Upload>('GET', `/uploads/${id}`, undefined, token);
  }

  async list({ token }: Account): Promise<Upload[]> {
    return (await this.#ask<{ uploads: Upload[] }>('GET', '/uploads?limit=200', undefined, token)).uploads;
  }

  async cancel({ token }: Account, id: string): Promise<void> {
    await this.#ask('POST', `/uploads/${id}/cancel`, undefined, token);
  }

  async rename({ token }: Account, id: string, title: string): Promise<void> {
    await this.#ask('PATCH', `/uploads/${id}`, { title }, token);
  }

  /** Until one of these states is reached. */
  async reaches(account: Account, id: string, ...states: string[]): Promise<Upload> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const upload = await this.get(account, id);
      if (states.includes(upload.state)) return upload;
      if (upload.state === 'failed') throw new Error(`${upload.filename} failed: ${upload.failure?.message}`);
      if (Date.now() > deadline) throw new Error(`${upload.filename} is still ${upload.state}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** The status alone. */
  async status(method: string, path: string, { token }: Account, body?: object): Promise<number> {
    return (await this.#fetch(method, path, body, token)).status;
  }

  async #ask<T>(method: string, path: string, body?: object, token?: string): Promise<T> {
    const response = await this.#fetch(method, path, body, token);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  #fetch(method: string, path: string, body?: object, token?: string): Promise<Response> {
    return fetch(`${this.#base}/api/v1${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }
}
