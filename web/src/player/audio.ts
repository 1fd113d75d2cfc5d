/**
 * The one element that plays, for the life of the app: what is asked of it by a click stays granted, and nothing that is
 * drawn anew interrupts it. It stands in the document, since some browsers play on only then while the page is hidden.
 */
export const audio: HTMLAudioElement = document.createElement('audio');
audio.id = 'segue-audio';
audio.hidden = true;
audio.preload = 'auto';
document.body.append(audio);

let isBlessed = false;

/**
 * To be called in the course of a click. Safari lets an element play that was loaded by a click, and only then; we know
 * what to play only after a request, when the click is over.
 */
export function bless(): void {
  if (isBlessed) return;
  isBlessed = true;
  audio.load();
}

/** Without a source, as it was at first. */
export function empty(): void {
  audio.pause();
  audio.removeAttribute('src');
  audio.replaceChildren();
  audio.load();
}
