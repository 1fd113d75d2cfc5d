/** What went wrong with the whole of a form. */
export function FormFault({ children }: { children: string | undefined }) {
  return (
    <div role="alert">
      {children && <p className="rounded-xl bg-danger-tint px-4 py-3 text-ink text-sm">{children}</p>}
    </div>
  );
}
