/** Text is at least 4.5 times as light or dark as what is behind it, marks 3 times (WCAG 2.2, 1.4.3 and 1.4.11): a test computes it. */
export const COLOUR = {
  paper: '#ffffff',
  panel: '#f3f4f6',
  line: '#d0d5dd',
  ink: '#1d2430',
  quiet: '#4a5463',
  bad: '#b42318',
  good: '#17663a',
  work: '#1f4f8f',
} as const;
