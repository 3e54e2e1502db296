import { addTexts } from '../texts/texts';
import { en } from './texts-en';
import { ru } from './texts-ru';

/** The same tree; what counts has the forms of the language besides. */
type Same<Texts> = { readonly [Group in keyof Texts]: { readonly [Key in keyof Texts[Group]]: string } };

addTexts('contacts', { en, ru } satisfies { en: Same<typeof en>; ru: Same<typeof en> });
