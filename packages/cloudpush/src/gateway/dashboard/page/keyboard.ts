import { isDialogOpen } from './dialog-state.js';
import { go, location, selected, shownRows } from './store.js';

/** `/` the filter · `j` `k` down and up · `Enter` opens · `Escape` back to the list. */
const keys: Readonly<Record<string, () => void>> = {
  '/': focusFilter,
  j: () => move(1),
  k: () => move(-1),
  Enter: openSelected,
  Escape: () => location.value.channel !== undefined && go({ channel: undefined }),
};

/** Listens to the keyboard for as long as the page is open. */
export function followKeyboard(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isDialogOpen.value) return;
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select')) {
      // The list is there for the keyboard again.
      if (target.id === 'filter' && (event.key === 'Escape' || event.key === 'Enter')) target.blur();
      return;
    }
    // Buttons and links have an Enter of their own.
    if (event.key === 'Enter' && target.matches('button, a, summary')) return;
    const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function focusFilter(): void {
  const focus = () => document.querySelector<HTMLInputElement>('#filter')?.focus();
  if (location.value.channel === undefined) {
    focus();
    return;
  }
  go({ channel: undefined });
  // Once the list is there.
  requestAnimationFrame(focus);
}

function move(step: 1 | -1): void {
  if (location.value.channel !== undefined) return;
  const names = shownRows.value.map(({ name }) => name);
  if (names.length === 0) return;
  const at = selected.value === undefined ? -1 : names.indexOf(selected.value);
  const next = at < 0 && step < 0 ? 0 : Math.min(names.length - 1, Math.max(0, at + step));
  selected.value = names[next];
  requestAnimationFrame(() =>
    document.querySelector('.channel.selected')?.scrollIntoView({ block: 'nearest' }),
  );
}

function openSelected(): void {
  const { value } = selected;
  if (value !== undefined && location.value.channel === undefined) go({ channel: value });
}
