/** Everything that the page says, by language. */
export const RECOVER_TEXTS = {
  en: {
    lang: 'en',
    title: 'Set a new password',
    intro: 'All sessions of the account end when the password is set.',
    password: 'New password',
    rules: '8 to 128 characters of any kind.',
    again: 'Once more',
    show: 'Show it',
    submit: 'Set password',
    done: 'The password is set. You can log in with it now, and close this page.',
    noscript: 'This page needs JavaScript.',
    noToken: 'This address holds no recovery token. Open the link of the mail as it is.',
    different: 'The two passwords are not the same.',
    length: 'A password has 8 to 128 characters.',
    guessable: 'This password is too easily guessed. Take another.',
    badToken: 'This link was used already, or is too old. Ask for a new one.',
    tooMany: 'Too many attempts. Wait a moment and try again.',
    failed: 'That did not work. Try again in a moment.',
  },
  ru: {
    lang: 'ru',
    title: 'Новый пароль',
    intro: 'Когда пароль будет задан, все сеансы учётной записи завершатся.',
    password: 'Новый пароль',
    rules: 'От 8 до 128 любых символов.',
    again: 'Ещё раз',
    show: 'Показать',
    submit: 'Задать пароль',
    done: 'Пароль задан. Теперь с ним можно войти, а эту страницу закрыть.',
    noscript: 'Этой странице нужен JavaScript.',
    noToken: 'В адресе нет кода восстановления. Откройте ссылку из письма целиком.',
    different: 'Пароли не совпадают.',
    length: 'В пароле должно быть от 8 до 128 символов.',
    guessable: 'Такой пароль слишком легко угадать. Выберите другой.',
    badToken: 'Ссылка уже использована или устарела. Запросите новую.',
    tooMany: 'Слишком много попыток. Подождите немного и попробуйте снова.',
    failed: 'Не получилось. Попробуйте ещё раз чуть позже.',
  },
} as const;

type Language = keyof typeof RECOVER_TEXTS;

/** Russian where the header (RFC 9110 §12.5.4) ranks it above English, else English. */
export function languageOf(accepted: string | undefined): Language {
  return rankOf(accepted, 'ru') > rankOf(accepted, 'en') ? 'ru' : 'en';
}

/** The highest quality that the header gives a language; 0 where it does not name it. */
function rankOf(accepted = '', language: Language): number {
  const ranks = accepted.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (range !== language && !range.startsWith(`${language}-`)) return 0;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  });
  return Math.max(...ranks);
}
