#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Half of what a short command takes is to load its code, so that compiled code is kept.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/nightshift'));
const { runCommand } = await import('./run-command.ts');
await runCommand(process.argv);
