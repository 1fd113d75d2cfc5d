import { CircleAlert, Clock, CloudUpload, Loader, Pause, Play } from 'lucide-react';
import type { Upload } from '../api/client';
import { IconButton } from '../ui/Button';
import { nameOf } from './words';

interface Props {
  upload: Upload;
  isPlaying: boolean;
  onPlay: () => void;
  className: string;
}

/** What can be played has a button; anything else a picture of what it waits for. */
export function RowLead({ upload, isPlaying, onPlay, className }: Props) {
  if (upload.playable) {
    const Icon = isPlaying ? Pause : Play;
    return (
      <IconButton
        label={`${isPlaying ? 'Pause' : 'Play'} ${nameOf(upload)}`}
        data-control="play"
        onClick={onPlay}
        // On a phone all of the row is the button.
        className={`border border-line bg-raised hover:bg-tint max-sm:static max-sm:after:absolute max-sm:after:inset-0 ${className}`}
      >
        <Icon size={18} className="fill-current" aria-hidden />
      </IconButton>
    );
  }
  const Icon = pictures[upload.state as keyof typeof pictures] ?? Clock;
  const colour = upload.state === 'failed' ? 'text-danger' : 'text-soft';
  return (
    <span className={`grid size-10 shrink-0 place-items-center ${colour} ${className}`}>
      <Icon size={18} aria-hidden />
    </span>
  );
}

const pictures = { uploading: CloudUpload, queued: Clock, processing: Loader, failed: CircleAlert };
