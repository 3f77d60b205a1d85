import { registerHooks } from 'node:module';

// Lets plain node run the sources (it strips the types itself): `./x.js` in an import is the file `./x.ts`.
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.')) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});
