import { escapeHtml } from '../http/escape-html.js';

/** A mail that is about to be sent. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The paragraphs of one language. A paragraph that is a URL becomes a link. */
interface Wording {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

const isLink = (paragraph: string): boolean => /^https?:\/\/\S+$/.test(paragraph);

function htmlOf(paragraph: string): string {
  const text = escapeHtml(paragraph);
  return isLink(paragraph) ? `<p><a href="${text}">${text}</a></p>` : `<p>${text}</p>`;
}

/** One mail in two languages: who it is for has told us none. */
function mail(to: string, english: Wording, russian: Wording): Mail {
  const parts = [english, russian];
  const bodies = parts.map(({ paragraphs }) => paragraphs.map(htmlOf).join('\n'));
  return {
    to,
    subject: parts.map(({ subject }) => subject).join(' / '),
    text: `${parts.map(({ paragraphs }) => paragraphs.join('\n\n')).join('\n\n--\n\n')}\n`,
    html: `<!doctype html>\n<html><body>\n<div lang="en">\n${bodies[0]}\n</div>\n<hr>\n<div lang="ru">\n${bodies[1]}\n</div>\n</body></html>\n`,
  };
}

/** Seconds in words: `10 minutes` / `10 мин.` */
function duration(seconds: number): { readonly english: string; readonly russian: string } {
  if (seconds % 60 !== 0) return { english: `${seconds} seconds`, russian: `${seconds} с` };
  const minutes = seconds / 60;
  return { english: minutes === 1 ? '1 minute' : `${minutes} minutes`, russian: `${minutes} мин.` };
}

/** UTC to the minute: `2026-01-31 14:00 UTC`. */
const minuteOf = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** @param ttlSec for how long the link is good */
export function recoveryMail(to: string, username: string, link: string, ttlSec: number): Mail {
  const { english, russian } = duration(ttlSec);
  return mail(
    to,
    {
      subject: 'Set a new password',
      paragraphs: [
        `Somebody, probably you, asked for a new password for the account ${username}. To set one, open:`,
        link,
        `The link works once and for ${english}. If it was not you, do nothing: the password stays as it is.`,
      ],
    },
    {
      subject: 'Новый пароль',
      paragraphs: [
        `Кто-то, вероятно вы, запросил новый пароль для учётной записи ${username}. Чтобы задать его, откройте:`,
        link,
        `Ссылка действует один раз и в течение ${russian} Если это были не вы, ничего не делайте: пароль останется прежним.`,
      ],
    },
  );
}

export function passwordChangedMail(to: string, username: string): Mail {
  return mail(
    to,
    {
      subject: 'Your password was changed',
      paragraphs: [
        `The password of the account ${username} was changed, and its other sessions were ended.`,
        'If it was not you, set a new password at once and tell whoever runs the server.',
      ],
    },
    {
      subject: 'Ваш пароль изменён',
      paragraphs: [
        `Пароль учётной записи ${username} изменён, остальные её сеансы завершены.`,
        'Если это были не вы, немедленно задайте новый пароль и сообщите владельцу сервера.',
      ],
    },
  );
}

/** Goes to the address that was the account's until now. */
export function emailChangedMail(to: string, username: string): Mail {
  return mail(
    to,
    {
      subject: 'Your e-mail address was changed',
      paragraphs: [
        `The account ${username} now has another e-mail address. This is the last mail about it to this one.`,
        'If it was not you, tell whoever runs the server.',
      ],
    },
    {
      subject: 'Ваш адрес электронной почты изменён',
      paragraphs: [
        `У учётной записи ${username} теперь другой адрес электронной почты. Это последнее письмо о ней на этот адрес.`,
        'Если это были не вы, сообщите владельцу сервера.',
      ],
    },
  );
}

/** @param reason as the superuser wrote it */
export function suspendedMail(to: string, username: string, reason: string, until: Date): Mail {
  return mail(
    to,
    {
      subject: 'Your account is suspended',
      paragraphs: [
        `The account ${username} is suspended until ${minuteOf(until)}. You cannot log in before then, and all sessions are over.`,
        `Reason: ${reason}`,
        'The suspension ends by itself. If you think that it is a mistake, write to the people who run the server.',
      ],
    },
    {
      subject: 'Ваша учётная запись приостановлена',
      paragraphs: [
        `Учётная запись ${username} приостановлена до ${minuteOf(until)}. До этого времени войти нельзя, все сеансы завершены.`,
        `Причина: ${reason}`,
        'Приостановка закончится сама. Если вы считаете её ошибкой, напишите владельцу сервера.',
      ],
    },
  );
}

export function unsuspendedMail(to: string, username: string): Mail {
  return mail(
    to,
    {
      subject: 'Your account is no longer suspended',
      paragraphs: [`The suspension of the account ${username} was lifted. You can log in again.`],
    },
    {
      subject: 'Ваша учётная запись снова доступна',
      paragraphs: [`Приостановка учётной записи ${username} снята. Вы снова можете войти.`],
    },
  );
}
