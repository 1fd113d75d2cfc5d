import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { asProblem } from '../api/problem';
import { type Faults, faultsOf } from './faults';

interface Options<Field extends string> {
  /** The names of its fields. */
  fields: readonly Field[];
  /** What can be told to be wrong before anything is sent. */
  check: (values: Record<Field, string>) => Faults<Field>;
  submit: (values: Record<Field, string>) => Promise<void>;
  /** Which field a problem's code belongs to. */
  places: Readonly<Record<string, Field>>;
}

interface Form<Field extends string> {
  faults: Faults<Field>;
  isBusy: boolean;
  /** For the form element. */
  props: {
    ref: RefObject<HTMLFormElement | null>;
    noValidate: true;
    onSubmit: (event: FormEvent) => void;
    onInput: (event: FormEvent) => void;
  };
}

/** A form that is sent once at a time, and puts who fills it in before the first field that is wrong. */
export function useForm<Field extends string>({ fields, check, submit, places }: Options<Field>): Form<Field> {
  const ref = useRef<HTMLFormElement>(null);
  // What is drawn lags behind: two presses may come before it.
  const isSending = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults<Field>>({});
  const [refusals, setRefusals] = useState(0);

  useEffect(() => {
    if (refusals === 0) return;
    const wrong = ref.current?.querySelector<HTMLInputElement>('input[aria-invalid="true"]');
    wrong?.focus();
    wrong?.select();
  }, [refusals]);

  const refuse = (found: Faults<Field>) => {
    setFaults(found);
    setRefusals((count) => count + 1);
  };

  const send = async () => {
    const data = new FormData(ref.current ?? undefined);
    const entries = fields.map((field) => [field, String(data.get(field) ?? '')]);
    const values = Object.fromEntries(entries) as Record<Field, string>;
    const found = check(values);
    if (Object.keys(found).length > 0) return refuse(found);
    isSending.current = true;
    setBusy(true);
    setFaults({});
    try {
      await submit(values);
    } catch (thrown) {
      refuse(faultsOf(asProblem(thrown), places));
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };

  const props: Form<Field>['props'] = {
    ref,
    noValidate: true,
    onSubmit: (event) => {
      event.preventDefault();
      if (!isSending.current) void send();
    },
    // What is being mended is not wrong any more, until it is looked at again.
    onInput: ({ target }) => {
      if (target instanceof HTMLInputElement && target.name in faults)
        setFaults({ ...faults, [target.name]: undefined });
    },
  };
  return { faults, isBusy, props };
}
