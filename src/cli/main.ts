#!/usr/bin/env node
import { keepCompiledCode } from '../app/compile-cache.ts';

// Half of what a short command takes is to load its code, so that compiled code is kept.
keepCompiledCode();
const { runCommand } = await import('./run-command.ts');
await runCommand(process.argv);
