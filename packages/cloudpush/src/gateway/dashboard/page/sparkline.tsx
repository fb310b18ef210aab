import { useLayoutEffect, useRef } from 'preact/hooks';
import { bitRate } from '../model/text.js';
import { history } from './store.js';

/** Seconds that it shows. */
const LENGTH = 60;

/** The bit rate of a channel's source in the last minute; drawn each time that its row is renewed. */
export function Sparkline({ channel }: { readonly channel: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isNew = useRef(true);
  useLayoutEffect(() => {
    // Hundreds that are new at once are mostly out of sight, and drawing each would lay the page out each
    // time.
    if (!isNew.current) draw(canvas.current!, history.series(channel, 'bitRateIn', LENGTH));
    isNew.current = false;
  });
  return (
    <canvas ref={canvas} class="sparkline" role="img" aria-label={`Bit rate of ${channel}, last minute`} />
  );
}

function draw(canvas: HTMLCanvasElement, values: Float32Array): void {
  const { clientWidth, clientHeight } = canvas;
  const scale = window.devicePixelRatio;
  const width = Math.round(clientWidth * scale);
  const height = Math.round(clientHeight * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(canvas).getPropertyValue('--line');
  context.fillRect(0, height - scale, width, scale);
  const most = Math.max(...values, 1);
  canvas.title = `up to ${bitRate(most === 1 ? 0 : most)}`;
  const x = (index: number) => width - ((values.length - 1 - index) / (LENGTH - 1)) * width;
  const y = (value: number) => height - scale - (value / most) * (height - 3 * scale);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.25 * scale;
  context.lineJoin = 'round';
  context.beginPath();
  for (const [index, value] of values.entries()) {
    if (index === 0) context.moveTo(x(index), y(value));
    else context.lineTo(x(index), y(value));
  }
  context.stroke();
}
