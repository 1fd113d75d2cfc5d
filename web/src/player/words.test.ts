import { describe, expect, it } from 'vitest';
import { qualityInWords } from './words';

const rungs = ['64k', '128k', '192k', '256k'];
const auto = { mode: 'hls', quality: 'auto', rungs, rung: '128k', bandwidth: 1_400_000 } as const;

describe('the quality, in words', () => {
  it.each([
    ['Auto · 128k · 1.4 Mb/s', {}],
    ['Auto · 128k', { bandwidth: null }],
    ['Auto', { rung: null, bandwidth: null }],
    ['192k', { quality: '192k' }],
    ['Auto', { mode: 'native', rung: null }],
    ['Original file', { mode: 'original', quality: '192k' }],
  ] as const)('is %s', (words, change) => {
    expect(qualityInWords({ ...auto, ...change })).toBe(words);
  });

  it('is Auto where the ladder has no such rung', () => {
    expect(qualityInWords({ ...auto, quality: '320k' })).toBe('Auto · 128k · 1.4 Mb/s');
  });
});
