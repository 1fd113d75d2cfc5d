import { answer, api, type Upload } from '../api/client';
import { asProblem } from '../api/problem';
import type { components } from '../api/schema';
import type { PartPut, Put } from './partUrls';

/** Where an upload's bytes go. */
export interface Plan {
  readonly uploadId: string;
  /** Of all parts but the last, in bytes; null: the file goes in one request. */
  readonly partSize: number | null;
  /** A URL that came with the reservation of a file that goes in one request. */
  readonly whole: Put | undefined;
  /** The bucket has nothing of it yet. */
  readonly isNew: boolean;
}

export interface Parts {
  /** What the bucket has. */
  readonly uploaded: readonly { readonly number: number; readonly size: number }[];
  /** For the numbers that were asked for. */
  readonly puts: readonly PartPut[];
  /** For a file that goes in one request. */
  readonly whole: Put | undefined;
}

/** What transfers ask of the API. All of it rejects with a `Problem`. */
export interface Server {
  reserve(filename: string, size: number): Promise<{ upload: Upload; plan: Plan }>;
  parts(uploadId: string, numbers: number[], signal: AbortSignal): Promise<Parts>;
  complete(uploadId: string, signal: AbortSignal): Promise<Upload>;
  /** Nothing of it is left in the library. Twice is as good as once. */
  discard(uploadId: string): Promise<void>;
  /** Which uploads wait for their bytes, of all browsers of this user. */
  unfinished(): Promise<Upload[]>;
}

const at = (uploadId: string) => ({ path: { id: uploadId } });

export const server: Server = {
  async reserve(filename, size) {
    const asked = api.POST('/api/v1/uploads', { body: { filename, size } });
    const { upload, transfer } = await answer(asked);
    const isSingle = transfer.kind === 'single';
    const plan: Plan = {
      uploadId: upload.id,
      partSize: isSingle ? null : transfer.part_size,
      whole: isSingle ? putOf(transfer.put, await clockOf(asked)) : undefined,
      isNew: true,
    };
    return { upload, plan };
  },

  async parts(uploadId, numbers, signal) {
    const params = at(uploadId);
    const asked = api.POST('/api/v1/uploads/{id}/parts', { params, body: { numbers }, signal });
    const { put, parts, uploaded } = await answer(asked);
    const now = await clockOf(asked);
    return {
      uploaded,
      puts: parts.map((part) => ({ number: part.number, ...putOf(part.put, now) })),
      whole: put ? putOf(put, now) : undefined,
    };
  },

  complete(uploadId, signal) {
    return answer(api.POST('/api/v1/uploads/{id}/complete', { params: at(uploadId), signal }));
  },

  async discard(uploadId) {
    await answer(api.DELETE('/api/v1/uploads/{id}', { params: at(uploadId) })).catch((thrown: unknown) => {
      if (asProblem(thrown).status !== 404) throw thrown;
    });
  },

  async unfinished() {
    // One user has at most 100 of them.
    const query = { state: 'uploading', limit: 200 } as const;
    return (await answer(api.GET('/api/v1/uploads', { params: { query } }))).uploads;
  },
};

/** The server's clock when it answered: this machine's may be hours off, and a URL would seem to have run out. */
async function clockOf(asked: Promise<{ response: Response }>): Promise<number> {
  const date = Date.parse((await asked).response.headers.get('date') ?? '');
  return Number.isNaN(date) ? Date.now() : date;
}

function putOf(put: components['schemas']['Put'], now: number): Put {
  return { url: put.url, headers: put.headers, livesMs: Math.max(0, Date.parse(put.expires_at) - now) };
}
