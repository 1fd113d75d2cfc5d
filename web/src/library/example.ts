import type { Upload } from '../api/client';

/** A row for tests. Ids rise with the number, as they do with time. */
export function example(number: number, change: Partial<Upload> = {}): Upload {
  const time = new Date(Date.UTC(2026, 10, 1) + number * 60_000).toISOString();
  return {
    id: `0192f0c1-0000-7000-8000-${String(number).padStart(12, '0')}`,
    state: 'ready',
    filename: `song-${number}.flac`,
    source_type: 'flac',
    size: 30_000_000,
    title: `Song ${number}`,
    artist: null,
    album: null,
    codec: 'flac',
    duration_seconds: 180,
    playable: true,
    renditions: null,
    progress: null,
    queue_position: null,
    failure: null,
    purge_after: null,
    delete_at: null,
    created_at: time,
    updated_at: time,
    ...change,
  };
}

/** The same row, some seconds later. */
export function later(upload: Upload, seconds: number, change: Partial<Upload> = {}): Upload {
  return { ...upload, updated_at: new Date(Date.parse(upload.updated_at) + seconds * 1000).toISOString(), ...change };
}
