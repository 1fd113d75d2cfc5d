import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, type ReactNode, useRef } from 'react';
import { settingsQuery } from '../api/settings';
import { transfers } from './transfers';

interface Props {
  testId?: string;
  /** Given how to open the system's dialog. */
  children: (pick: () => void) => ReactNode;
}

/** Lets files be picked, and takes them on. */
export function FilePicker({ testId, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const { data: settings } = useQuery(settingsQuery);
  const accept = settings?.source_types.map((type) => `.${type}`).join(',');
  const take = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    transfers.add([...(currentTarget.files ?? [])]);
    // Or the same file could not be picked again.
    currentTarget.value = '';
  };
  return (
    <>
      {/* The button is what is focused and named; this is only how a page opens the dialog. */}
      <input
        ref={input}
        type="file"
        multiple
        accept={accept}
        onChange={take}
        data-testid={testId}
        className="hidden"
        tabIndex={-1}
        aria-hidden="true"
      />
      {children(() => input.current?.click())}
    </>
  );
}
