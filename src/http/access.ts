import { SetMetadata } from '@nestjs/common';

export const ACCESS = Symbol('access');

/** Who may call a route. A route that says nothing needs an account: the guard fails closed. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'superuser' }
  | { readonly kind: 'self'; readonly param: string };

/** Open to everyone, with a token or without. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/** For superusers only; others get `forbidden`. */
export const Superuser = () => SetMetadata(ACCESS, { kind: 'superuser' } satisfies Access);

/** For the user whose id is in the path parameter `param`, and for superusers; others get `forbidden`, whether or not it exists. */
export const SelfOrSuperuser = (param = 'user_id') => SetMetadata(ACCESS, { kind: 'self', param } satisfies Access);
