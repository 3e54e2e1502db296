import { addTexts } from '../texts/texts';
import { en } from './texts-en';
import { ru } from './texts-ru';

addTexts('explorer', { en, ru });
