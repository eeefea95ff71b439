/** What could keep a heal from working, and what to do. */
export interface Finding {
  readonly about:
    | 'messages'
    | 'agents'
    | 'hosts'
    | 'versions'
    | 'points'
    | 'spare'
    | 'journal'
    | 'alarms'
    | 'volumes'
    | 'endpoints'
    | 'key'
    | 'permissions';
  readonly volume?: string;
  readonly what: string;
  readonly do: string;
}
