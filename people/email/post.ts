// Approvals by e-mail. Each recipient is a channel, with a mail of their own: if one is refused, the others are not mailed
// twice. A mail cannot be looked for after its server's answer was lost; the same one is sent again then, under the same
// id.

import type { Channel } from '../medium.ts';
import type { PostedCard } from '../../contracts/people.ts';
import { type Letter, noticeLetter, outcomeLetter, reminderLetter, replyLetter, requestLetter } from './message.ts';
import type { MailEnvironment } from './environment.ts';
import { failure } from '../../contracts/failures.ts';
import { isMailAddress } from '../../domain/text/mail-address.ts';
import { letterHtml, letterText } from './draw/letter.ts';
import { mailFailure } from './failure.ts';
import { mailTransport } from './transport.ts';
import { waitsFor } from '../../domain/approval/by-mail.ts';

/** Throws failures of the catalogue: `MailUnavailable`, `MailRefused`. */
export function mailChannel(settings: MailEnvironment): Channel {
  const transport = mailTransport(settings.smtp);
  const send = async (letter: Letter): Promise<void> => {
    if (!isMailAddress(letter.to)) throw failure('MailRefused', 'a recipient is not an e-mail address');
    try {
      await transport.sendMail(messageOf(letter, settings));
    } catch (error) {
      throw mailFailure(error, letter.to, settings.smtp);
    }
  };
  return {
    async post({ view, channel }): Promise<PostedCard> {
      const letter = requestLetter(view, channel, settings);
      await send(letter);
      return { medium: 'email', channel, ts: letter.messageId };
    },
    // Whoever is not known to have got a request is not told how it ended either.
    async update(posted, { view }) {
      if (posted !== null && view.status !== 'open') await send(outcomeLetter(view, posted.channel, settings));
    },
    async remind({ channel }, { view }) {
      if (waitsFor(view, channel)) await send(reminderLetter(view, channel, settings));
    },
    async tell({ notice, channel, thread }) {
      const letter = noticeLetter(notice, { to: channel, thread }, settings);
      if (letter === null) return thread;
      await send(letter);
      return thread ?? { medium: 'email', channel, ts: letter.messageId };
    },
    async reply({ channel, ts }, { user, text }) {
      // Signals can name anybody: only those whom an approval asks are written to.
      if (user === channel && ts !== '') await send(replyLetter(text, { to: channel, answers: ts }, settings));
    },
  };
}

function messageOf(letter: Letter, { from }: MailEnvironment) {
  const { to, subject, messageId, answers } = letter;
  return {
    from,
    to: { name: '', address: to },
    envelope: { from: from.address, to: [to] },
    subject,
    messageId,
    ...(answers === null ? {} : { inReplyTo: answers, references: answers }),
    text: letterText(letter),
    html: letterHtml(letter),
    headers: {
      // RFC 3834: nothing answers it by itself.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
  };
}
