// Times as mails and pages show them: nobody knows the reader's time zone there.

/** `Fri 8 Jan 2026, 12:00 UTC`, from ISO 8601. */
export function timeText(at: string): string {
  const [day = '', date, month = '', year] = new Date(at).toUTCString().split(' ');
  return `${day.replace(',', '')} ${Number(date)} ${month} ${year}, ${at.slice(11, 16)} UTC`;
}
