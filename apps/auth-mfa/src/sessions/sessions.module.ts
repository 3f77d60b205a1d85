import { Module } from '@nestjs/common';
import { DirectoryModule } from '../directory/directory.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { EndSessions } from './end-sessions.js';
import { IssueTokens } from './issue-tokens.js';
import { ListSessions } from './list-sessions.js';
import { LogOut } from './log-out.js';
import { RefreshSession } from './refresh-session.js';
import { SessionRepository } from './session.repository.js';
import { SessionsController } from './sessions.controller.js';
import { StartSession } from './start-session.js';
import { TokensController } from './tokens.controller.js';

@Module({
  imports: [DirectoryModule, RevocationsModule, TokensModule],
  controllers: [TokensController, SessionsController],
  providers: [SessionRepository, EndSessions, IssueTokens, StartSession, RefreshSession, LogOut, ListSessions],
  exports: [SessionRepository, EndSessions, StartSession],
})
export class SessionsModule {}
