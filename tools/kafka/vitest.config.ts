import { projectConfig } from '../../vitest.base.ts';

export default projectConfig(import.meta.dirname);
