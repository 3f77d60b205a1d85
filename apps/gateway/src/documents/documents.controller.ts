import { Public, PRODUCT_VERSION } from '@countersign/platform';
import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ApiDocument } from '../openapi/api-document.js';
import { renderDocsPage, type DocsPage } from './docs-page.js';
import { API_DOCUMENT } from './tokens.js';

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

@ApiTags('Platform')
@Controller()
export class DocumentsController {
  private page?: DocsPage;

  constructor(@Inject(API_DOCUMENT) private readonly document: ApiDocument) {}

  @Public()
  @Get()
  @ApiOperation({ summary: 'Where to go from here', description: 'A browser is sent to `/docs`.' })
  @ApiResponse({ status: 200, description: 'The names of the documents.' })
  @ApiResponse({ status: 302, description: 'To `/docs`, for a browser.' })
  landing(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: Reply): unknown {
    if (accept?.includes('text/html')) {
      reply.status(302).header('location', '/docs');
      return undefined;
    }
    return { name: 'Countersign', version: PRODUCT_VERSION, docs: '/docs', openapi: '/openapi.json', ready: '/readyz' };
  }

  @Public()
  @Get('openapi.json')
  @ApiOperation({ summary: 'This API as OpenAPI 3.1', description: 'One document over all services.' })
  @ApiResponse({ status: 200, description: 'The document.' })
  openApi(): ApiDocument {
    return this.document;
  }

  @Public()
  @Get('docs')
  @ApiOperation({ summary: 'This API as a page to read' })
  @ApiResponse({ status: 200, description: 'The page.', content: { 'text/html': {} } })
  docs(@Res({ passthrough: true }) reply: Reply): string {
    this.page ??= renderDocsPage(this.document);
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', this.page.contentSecurityPolicy)
      .header('cache-control', 'no-cache');
    return this.page.html;
  }
}
