import { describe, expect, it } from 'vitest';
import { extended, kept, NONE, toggled } from './selection';

const order = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: { ids: ReadonlySet<string> }) => [...selection.ids].toSorted().join('');

describe('a selection', () => {
  it('takes and leaves one row', () => {
    const one = toggled(NONE, 'b');
    expect(ids(one)).toBe('b');
    expect(ids(toggled(one, 'b'))).toBe('');
  });

  it('takes all from the row that was pressed before, either way', () => {
    expect(ids(extended(toggled(NONE, 'b'), order, 'd'))).toBe('bcd');
    expect(ids(extended(toggled(NONE, 'd'), order, 'b'))).toBe('bcd');
  });

  it('leaves all of them if the row that is pressed was chosen', () => {
    const most = extended(toggled(NONE, 'a'), order, 'e');
    expect(ids(extended({ ...most, anchor: 'b' }, order, 'd'))).toBe('ae');
  });

  it('takes one row where there is nothing to begin a range from', () => {
    expect(ids(extended(NONE, order, 'c'))).toBe('c');
    expect(ids(extended(toggled(NONE, 'gone'), order, 'c'))).toBe('cgone');
  });

  it('holds nothing that is not listed any more', () => {
    const two = toggled(toggled(NONE, 'b'), 'd');
    expect(ids(kept(two, ['a', 'b']))).toBe('b');
    expect(kept(two, order)).toBe(two);
  });
});
