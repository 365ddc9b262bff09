import { registerHooks } from 'node:module';

// Hides the compiler that the boundary checker reads TypeScript with: with TypeScript 7 alone it sees nothing and passes.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@swc/core')) throw new Error(`${specifier} is hidden`);
    return next(specifier, context);
  },
});
