// Parses every playlist under a folder as strictly as hls-parser can. Prints what is wrong; then the exit code is 1.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import HLS from 'hls-parser';

HLS.setOptions({ strictMode: true });

const folder = process.argv[2];
const playlists = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.m3u8'));
const problems = [];
for (const name of playlists) {
  try {
    const playlist = HLS.parse(readFileSync(join(folder, name), 'utf8'));
    const entries = playlist.isMasterPlaylist ? playlist.variants : playlist.segments;
    if (entries.length === 0) problems.push(`${name}: lists nothing`);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}
if (playlists.length === 0) problems.push(`${folder}: no playlists`);

console.log(problems.length === 0 ? `${playlists.length} playlists` : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
