import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import { Problem } from '../api/problem';
import type { Parcel } from './deliver';

/**
 * Requests to the bucket at once, of all files. Browsers open six connections to one host over HTTP/1.1; one stays free
 * for the player's segments, which come from the same host.
 */
const AT_ONCE = 5;
/** A request of which no byte moved for so long is given up. */
const SILENCE_MS = 60_000;

const silent = { debug: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Each parcel is a file of its own to Uppy, and is sent by one PUT. Given whole files, the plugin (as of 5.1) would put
 * all parts of the first into its queue before those of the next, so that a small file waits for a large one, and would
 * begin anew with an upload of which a part failed; so files are cut before they come here. What the plugin does: it
 * sends so many at once and in their order, asks for each URL when its turn has come, and reports progress.
 */
class Transport {
  readonly #parcels = new Map<string, Parcel>();
  readonly #settle = new Map<string, (error?: object) => void>();
  readonly #uppy = new Uppy({ id: 'segue', autoProceed: false, logger: silent }).use(AwsS3, {
    limit: AT_ONCE,
    shouldUseMultipart: false,
    getUploadParameters: async ({ name }) => {
      const parcel = this.#parcels.get(name ?? '');
      if (!parcel) throw new Error('this parcel is not wanted any more');
      // Exactly these headers: they are signed. The browser adds the length, which is signed as well.
      const { url, headers } = await parcel.put();
      return { method: 'PUT', url, headers: { ...headers } };
    },
  });

  constructor() {
    this.#uppy.on('upload-progress', (file, { bytesUploaded }) => {
      if (typeof bytesUploaded === 'number') this.#parcels.get(file?.name ?? '')?.onProgress(bytesUploaded);
    });
    this.#uppy.on('upload-success', (file) => this.#settle.get(file?.name ?? '')?.());
    this.#uppy.on('upload-error', (file, error) => this.#settle.get(file?.name ?? '')?.(error));
  }

  send(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const { name, data } = parcel;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      let id: string | undefined;
      let isOver = false;
      let silence: ReturnType<typeof setTimeout> | undefined;
      const end = (settle: () => void) => {
        // Once: another try of the same parcel may have taken its place since.
        if (isOver) return;
        isOver = true;
        signal.removeEventListener('abort', stop);
        clearTimeout(silence);
        this.#parcels.delete(name);
        this.#settle.delete(name);
        // At once, and not when the promise is heard: the next `upload` would begin with what failed before. It also
        // ends a request that is still under way.
        if (id !== undefined) this.#uppy.removeFile(id);
        settle();
      };
      const stop = () => end(() => reject(signal.reason));
      const listen = () => {
        clearTimeout(silence);
        if (!isOver) silence = setTimeout(() => end(() => reject(new Problem(0, 'storage', unheard))), SILENCE_MS);
      };
      this.#parcels.set(name, {
        ...parcel,
        // Before that it waits for its turn.
        put: () => parcel.put().finally(listen),
        onProgress: (bytes) => {
          listen();
          parcel.onProgress(bytes);
        },
      });
      this.#settle.set(name, (error) => end(() => (error ? reject(problemOf(error)) : resolve())));
      signal.addEventListener('abort', stop);
      try {
        id = this.#uppy.addFile({ name, data, type: data.type || 'application/octet-stream' });
        this.#uppy.upload().catch((thrown: unknown) => end(() => reject(thrown)));
      } catch (thrown) {
        end(() => reject(thrown));
      }
    });
  }
}

const unheard = 'The storage cannot be reached. Check your connection.';

/** The bucket's refusals are XML for programs, so only their status is of use. */
function problemOf(error: object): Problem {
  if (error instanceof Problem) return error;
  const { source } = error as { source?: { status?: unknown } };
  const status = typeof source?.status === 'number' ? source.status : 0;
  const message =
    status === 0 ? unheard : `The storage did not take the file (it answered ${status}). Try again in a while.`;
  return new Problem(status, 'storage', message);
}

const transport = new Transport();

export function send(parcel: Parcel, signal: AbortSignal): Promise<void> {
  return transport.send(parcel, signal);
}
