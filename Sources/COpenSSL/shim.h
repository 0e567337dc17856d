// OpenSSL as Swift sees it: the headers, and inline wrappers for what are macros there.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/// SSL_CTX_set_min_proto_version and SSL_CTX_set_max_proto_version, 0 for no bound; 1 for success.
static inline int teleport_ssl_set_versions(SSL_CTX *context, int oldest, int newest) {
    return (int)(SSL_CTX_set_min_proto_version(context, oldest) &&
                 SSL_CTX_set_max_proto_version(context, newest));
}

/// SSL_CTX_set_session_cache_mode: nothing is resumed.
static inline void teleport_ssl_no_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// sk_GENERAL_NAME_num.
static inline int teleport_names_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

/// The text of a DNS name or the bytes of an address, and its GEN_ type; -1 for other kinds.
static inline int teleport_name_at(
    const GENERAL_NAMES *names, int index, int *type, const unsigned char **bytes) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    *type = name->type;
    if (name->type != GEN_DNS && name->type != GEN_IPADD) return -1;
    *bytes = ASN1_STRING_get0_data(name->d.ia5);
    return ASN1_STRING_length(name->d.ia5);
}

/// SSL_set_tlsext_host_name; 1 for success.
static inline int teleport_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

/// SSL_CTX_set_mode: a write may be repeated from other memory, and idle buffers are given back.
static inline void teleport_ssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

/// SSL_get1_peer_certificate, which was named otherwise before 3.0.
static inline X509 *teleport_ssl_peer_certificate(const SSL *ssl) {
    return SSL_get_peer_certificate(ssl);
}

/// SSL_OP_NO_RENEGOTIATION, whose type differs between versions.
static inline void teleport_ssl_no_renegotiation(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

#endif
