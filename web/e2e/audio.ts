import { execFile } from 'node:child_process';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = resolve(import.meta.dirname, '../../target/e2e-audio');

interface Piece {
  /** With the extension, which says the format. */
  file: string;
  seconds: number;
  /** Of the file, as ffmpeg has it; otherwise the format's own. */
  bitRate?: string;
  title?: string;
  artist?: string;
  album?: string;
}

/** Noise fills every rendition up to its bit rate, so that segments have the sizes of real music. */
export async function piece({ file, seconds, bitRate, ...tags }: Piece): Promise<string> {
  const said = Object.entries(tags).flatMap(([name, text]) => ['-metadata', `${name}=${text}`]);
  const noise = `anoisesrc=color=pink:sample_rate=44100:amplitude=0.4:seed=${file.length + seconds}:duration=${seconds}`;
  const rate = bitRate ? ['-b:a', bitRate] : [];
  return made(`${seconds}s-${file}`, file, async (path) => {
    const input = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', noise, '-ac', '2'];
    await run('ffmpeg', [...input, ...rate, ...said, '-y', path]);
  });
}

/** What has the name of audio, and is none. */
export async function noAudio(file: string): Promise<string> {
  return made(`no-audio-${file}`, file, (path) => writeFile(path, 'this is a letter, and no recording. '.repeat(400)));
}

/** Each in a folder of its own, since the name is what the library shows. Kept for the next run. */
async function made(folder: string, file: string, make: (path: string) => Promise<unknown>): Promise<string> {
  const path = join(FOLDER, folder, file);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(join(FOLDER, folder), { recursive: true });
  // Two workers may make it at once: a whole file takes the place of another whole file.
  const draft = join(FOLDER, folder, `${process.pid}-${file}`);
  await make(draft);
  await rename(draft, path);
  return path;
}

export const shortPieces = () =>
  Promise.all([
    piece({ file: 'morning.mp3', seconds: 12, title: 'Café at Dawn', artist: 'Ana Ruiz', album: 'Harbour' }),
    piece({ file: 'noon.flac', seconds: 10, title: 'Noon', artist: 'Ana Ruiz', album: 'Harbour' }),
    piece({ file: 'evening.wav', seconds: 8 }),
  ]);

/** Longer than any buffer. */
export const longPiece = () => piece({ file: 'long.mp3', seconds: 150, title: 'The Long One', artist: 'Ben Okri' });
