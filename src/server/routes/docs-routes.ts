import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { asyncApiDocument } from '#contract/documents/asyncapi-document.ts'
import { openApiDocument } from '#contract/documents/openapi-document.ts'

/** `/openapi.json` and `/asyncapi.json`, and the reference of the first at `/docs`. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const openApi = openApiDocument()
  const asyncApi = asyncApiDocument()
  // Its routes declare no access of their own; they show nothing that is not in the repository.
  app.addHook('onRoute', (route) => {
    route.config = { access: 'public', ...route.config }
  })
  app.get('/openapi.json', async () => openApi)
  app.get('/asyncapi.json', async () => asyncApi)
  await app.register(swagger, { mode: 'static', specification: { document: openApi as never } })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
}
