import { type RefObject, useEffect } from 'react';

/** Whoever comes to a page that is one form begins with its first field. */
export function useFocusFirst(form: RefObject<HTMLFormElement | null>): void {
  useEffect(() => {
    form.current?.querySelector('input')?.focus();
  }, [form]);
}
