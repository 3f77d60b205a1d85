import { Module } from '@nestjs/common';
import { DirectoryRepository } from './directory.repository.js';
import { FindUser } from './find-user.js';

@Module({ providers: [DirectoryRepository, FindUser], exports: [DirectoryRepository, FindUser] })
export class DirectoryModule {}
