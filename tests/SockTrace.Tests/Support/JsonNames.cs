using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SockTrace.Tests.Support;

/// <summary>The names that a type has in JSON.</summary>
internal static class JsonNames
{
    /// <returns>Those of the types, and of all that is in them.</returns>
    public static HashSet<string> Of(JsonSerializerContext context, params Type[] types)
    {
        var names = new HashSet<string>();
        var seen = new HashSet<Type>();
        foreach (Type type in types)
            Collect(context, type, names, seen);
        return names;
    }

    private static void Collect(JsonSerializerContext context, Type type, HashSet<string> names, HashSet<Type> seen)
    {
        if (!seen.Add(type))
            return;
        if (context.GetTypeInfo(type) is not JsonTypeInfo info)
            return;
        if (info.ElementType is Type element)
            Collect(context, element, names, seen);
        if (info.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (JsonPropertyInfo property in info.Properties.Where(property => property.Get is not null))
        {
            names.Add(property.Name);
            Collect(context, property.PropertyType, names, seen);
        }
    }
}
