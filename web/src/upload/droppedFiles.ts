/** What is dropped may be the root of a disk. */
const MOST_FILES = 20_000;
const DEEPEST = 24;

/** Whether what is dragged are files, and not a link or a text of some page. */
export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/**
 * All files of a drop, those in folders as well. To be called while the drop is handled: afterwards the browser shows
 * its content no more. Folders also hold what no user has put there, so hidden files in them are passed over.
 */
export function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const plain = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === 'file' ? item.webkitGetAsEntry() : null;
    return entry ? [entry] : [];
  });
  // Without folders the files are there already. Asked for once more they would be other objects, slower to come by.
  if (!entries.some(({ isDirectory }) => isDirectory)) return Promise.resolve(plain);
  return walk(entries);
}

async function walk(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const files: File[] = [];
  const visit = async (entry: FileSystemEntry, depth: number): Promise<void> => {
    if (files.length >= MOST_FILES || depth > DEEPEST) return;
    if (isFile(entry)) {
      if (depth > 0 && entry.name.startsWith('.')) return;
      const file = await fileOf(entry);
      if (file) files.push(file);
      return;
    }
    if (!isFolder(entry)) return;
    const reader = entry.createReader();
    // A reader gives at most a hundred at a time, and nothing once it has given all.
    for (let batch = await read(reader); batch.length > 0; batch = await read(reader)) {
      for (const child of batch) await visit(child, depth + 1);
      if (files.length >= MOST_FILES) return;
    }
  };
  for (const entry of entries) await visit(entry, 0);
  return files;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** What cannot be read, as a link that leads nowhere, is left out. */
function fileOf(entry: FileSystemFileEntry): Promise<File | undefined> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));
}

function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
}
