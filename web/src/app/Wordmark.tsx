/** Four rungs that rise: the ladder of renditions. */
export function Wordmark({ className = '' }: { className?: string }) {
  return (
    <span className={`inline-flex items-end gap-2 font-bold font-display text-xl tracking-tight ${className}`}>
      <svg viewBox="0 0 22 20" width="22" height="20" className="text-accent" fill="currentColor" aria-hidden="true">
        <rect x="0" y="13" width="4" height="7" rx="1.5" />
        <rect x="6" y="9" width="4" height="11" rx="1.5" />
        <rect x="12" y="5" width="4" height="15" rx="1.5" />
        <rect x="18" y="0" width="4" height="20" rx="1.5" />
      </svg>
      segue
    </span>
  );
}
