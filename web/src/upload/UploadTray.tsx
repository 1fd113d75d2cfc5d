import { useEffect, useRef, useState } from 'react';
import type { Overview } from './roster';
import { TrayPanel } from './TrayPanel';
import { transfers, useTransfers } from './transfers';
import { announcement } from './words';

/** What is being sent, above the dock. Nothing is shown where there is nothing to say. */
export function UploadTray() {
  const overview = useTransfers();
  useEffect(() => transfers.lookBack(), []);
  const said = useAnnouncement(overview);
  const isShown = overview.phase !== 'idle' || overview.refusals.length > 0;
  return (
    <>
      {/* There from the beginning: what appears together with its text is not read by all. */}
      <p role="status" className="sr-only">
        {said}
      </p>
      {isShown && <TrayPanel overview={overview} />}
    </>
  );
}

function useAnnouncement(overview: Overview): string {
  const before = useRef<Overview | undefined>(undefined);
  const [said, say] = useState('');
  useEffect(() => {
    const words = announcement(before.current, overview);
    before.current = overview;
    if (words !== undefined) say(words);
  }, [overview]);
  return said;
}
