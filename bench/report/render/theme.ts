/** The colours of a picture; each goes with a page of its own. */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly text: string;
  readonly faint: string;
  readonly background: string;
  /** One for each contestant, in order: distinguishable without red and green side by side. */
  readonly series: readonly string[];
}

export const THEMES: readonly Theme[] = [
  {
    name: 'light',
    text: '#1f2328',
    faint: '#d0d7de',
    background: '#ffffff',
    series: ['#57606a', '#b08800', '#0969da', '#8250df', '#bc4c00', '#1b7c83'],
  },
  {
    name: 'dark',
    text: '#e6edf3',
    faint: '#30363d',
    background: '#0d1117',
    series: ['#8b949e', '#d4a72c', '#4493f8', '#ab7df8', '#f0883e', '#39c5cf'],
  },
];
