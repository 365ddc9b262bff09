export { checkWritable, openFolderArchive } from './folder-archive.ts';
