interface Props {
  /** Of what. */
  label: string;
  percent: number;
  /** For who hears it. */
  text?: string;
  tone?: 'accent' | 'soft';
  /** Its height and corners. */
  className: string;
}

const tones = { accent: 'bg-accent', soft: 'bg-soft' };

export function ProgressBar({ label, percent, text, tone = 'accent', className }: Props) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={text}
      className={`overflow-hidden bg-sunken ${className}`}
    >
      {/* Scaled and not widened: that costs no layout. */}
      <div
        className={`h-full origin-left transition-transform duration-300 ease-linear ${tones[tone]}`}
        style={{ transform: `scaleX(${percent / 100})` }}
      />
    </div>
  );
}
