import { ArrowDownUp } from 'lucide-react';
import { Button } from '../ui/Button';
import { Menu, MenuChoice } from '../ui/Menu';
import { type Filter, SORTS, type STATES } from './filter';
import { sortNames, stateNames } from './words';

interface Props {
  filter: Filter;
  onChange: (change: Partial<Filter>) => void;
}

const CHOICES: { state: Filter['state']; label: string }[] = [
  { state: '', label: 'All' },
  ...(['ready', 'processing', 'queued', 'uploading', 'failed'] satisfies (typeof STATES)[number][]).map((state) => ({
    state,
    label: stateNames[state],
  })),
];

export function StateFilter({ filter, onChange }: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms, and cannot be scrolled sideways everywhere.
    <div
      role="group"
      aria-label="Show"
      className="-mx-4 flex gap-1.5 overflow-x-auto px-4 py-1 [scrollbar-width:none] sm:mx-0 sm:px-0"
    >
      {CHOICES.map(({ state, label }) => (
        <button
          key={label}
          type="button"
          aria-pressed={filter.state === state}
          onClick={() => onChange({ state })}
          className="min-h-10 shrink-0 rounded-full border border-line px-4 text-sm transition hover:bg-sunken aria-pressed:border-transparent aria-pressed:bg-tint aria-pressed:font-medium aria-pressed:text-accent"
        >
          {label}
        </button>
      ))}
    </div>
  );
}

export function SortMenu({ filter, onChange }: Props) {
  return (
    <Menu
      trigger={
        <Button className="h-11 shrink-0 max-sm:w-11 max-sm:px-0" aria-label={`Order: ${sortNames[filter.sort]}`}>
          <ArrowDownUp size={16} aria-hidden />
          <span className="max-sm:hidden">{sortNames[filter.sort]}</span>
        </Button>
      }
    >
      <MenuChoice
        label="Order"
        value={filter.sort}
        onChoose={(sort) => onChange({ sort })}
        choices={SORTS.map((sort) => ({ value: sort, label: sortNames[sort] }))}
      />
    </Menu>
  );
}
