import { describe, expect, it } from 'vitest';
import { droppedFiles, hasFiles } from './droppedFiles';

const named = (name: string) => ({ name }) as File;

function fileEntry(name: string): FileSystemEntry {
  const entry = { name, isFile: true, isDirectory: false, file: (give: (file: File) => void) => give(named(name)) };
  return entry as unknown as FileSystemEntry;
}

function broken(name: string): FileSystemEntry {
  const entry = { name, isFile: true, isDirectory: false, file: (_: unknown, fail: () => void) => fail() };
  return entry as unknown as FileSystemEntry;
}

/** Gives its children two at a time, as browsers give a hundred. */
function folder(name: string, children: FileSystemEntry[]): FileSystemEntry {
  const createReader = () => {
    let given = 0;
    return {
      readEntries: (give: (entries: FileSystemEntry[]) => void) => {
        give(children.slice(given, given + 2));
        given += 2;
      },
    };
  };
  return { name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

function drop(entries: FileSystemEntry[], files: File[] = []): DataTransfer {
  const items = entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry }));
  return { items, files, types: ['Files'] } as unknown as DataTransfer;
}

const names = async (transfer: DataTransfer) => (await droppedFiles(transfer)).map(({ name }) => name);

describe('droppedFiles', () => {
  it('takes plain files as they are', async () => {
    const files = [named('a.mp3'), named('.hidden.mp3')];
    expect(await droppedFiles(drop([fileEntry('a.mp3'), fileEntry('.hidden.mp3')], files))).toEqual(files);
  });

  it('takes all files of folders, in their order, however many a reader gives at once', async () => {
    const album = folder('album', [
      fileEntry('1.mp3'),
      folder('bonus', [fileEntry('2.mp3'), fileEntry('3.mp3'), fileEntry('4.mp3')]),
      fileEntry('5.mp3'),
    ]);
    expect(await names(drop([album, fileEntry('6.mp3')]))).toEqual([
      '1.mp3',
      '2.mp3',
      '3.mp3',
      '4.mp3',
      '5.mp3',
      '6.mp3',
    ]);
  });

  it('leaves out what is hidden in folders and what cannot be read', async () => {
    expect(
      await names(drop([folder('album', [fileEntry('.DS_Store'), broken('link.mp3'), fileEntry('1.mp3')])])),
    ).toEqual(['1.mp3']);
  });

  it('comes back from folders without an end', async () => {
    const endless: FileSystemEntry[] = [];
    endless.push(folder('loop', endless), fileEntry('1.mp3'));
    expect((await names(drop(endless))).length).toBeGreaterThan(0);
  });
});

describe('hasFiles', () => {
  it('tells files from what else is dragged', () => {
    expect(hasFiles(drop([]))).toBe(true);
    expect(hasFiles({ types: ['text/uri-list'] } as unknown as DataTransfer)).toBe(false);
    expect(hasFiles(null)).toBe(false);
  });
});
