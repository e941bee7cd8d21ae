/** What is wrong, in words that follow the field's name. */
export interface Complaint {
  /** Such as `messages[3].subject`; empty for the body as a whole. */
  readonly field: string;
  readonly reason: string;
}
